"""Reminders: families hear of their visit in time, by whichever way the hospital has set; and a lost link is found."""
