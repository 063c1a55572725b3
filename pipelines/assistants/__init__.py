"""What an AI assistant may ask of the published file, over the Model Context Protocol. Not for anything that writes."""
