"""The server itself: connections, lanes of threads, worker processes, and the one who watches them."""
