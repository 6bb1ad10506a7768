"""The web application around the domains: settings, root URLs, the frame of every page, assets, home."""
