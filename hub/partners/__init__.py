"""Other hubs that answer in an operator's place: each is told and heard through an http channel of its own."""
