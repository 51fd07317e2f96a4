"""What a running daemon answers: health, metrics and status over HTTP, commands on its socket."""
