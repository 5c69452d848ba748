"""What may be booked, and when: pure rules. `server.bookings` asks them of the store and acts on their answer."""
