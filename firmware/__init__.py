"""What runs on the pole: it sees (`node`), it speaks (`link`), and it never does one in the other's process."""
