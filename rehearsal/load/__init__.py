"""Peers that weigh little: real offers, ICE, DTLS and SRTP, and media made beforehand."""
