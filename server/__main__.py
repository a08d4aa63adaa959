"""`python -m server`."""

import gc
import sys

gc.disable()  # loading leaves no garbage, and to look for it takes a tenth of the time
from server.cli import main  # noqa: E402

gc.freeze()
gc.enable()

if __name__ == "__main__":
    sys.exit(main())
