"""`python -m zhike` is the same command as `zhike`."""

from zhike.cli import main

if __name__ == "__main__":
    main()
