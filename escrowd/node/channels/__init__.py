"""Ways out of the node. One file a channel; a channel carries finished bytes and knows no rule."""
