#!/opt/perpdesk/bin/python -I
"""Ask the /health of the process in this container; anything but 200 is a failure."""

import os
import sys
import urllib.error
import urllib.request

TIMEOUT_SECS = 4
"""Below that of the image's HEALTHCHECK, so that the reason is said."""


def main() -> int:
    """Return 0 if the process says that it works, else 1 with why on standard error."""
    url = os.environ.get("PERPDESK_HEALTH_URL", "")
    if not url.startswith("http://"):
        sys.stderr.write(f"PERPDESK_HEALTH_URL: expected an http:// address, found {url!r}\n")
        return 1
    # No proxy of the environment stands between a container and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT_SECS):
            return 0
    except (OSError, urllib.error.URLError) as e:  # HTTPError, of a 503, is one
        sys.stderr.write(f"{url}: {e}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
