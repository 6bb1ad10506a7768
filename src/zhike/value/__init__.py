"""What they are worth: features, RFM, CLV, value score."""
