"""Pages of the flows, made of what is declared beside their modules (`streams/decide/flows`)."""
