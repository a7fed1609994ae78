"""Pages in the browser over public functions; nothing imports them."""
