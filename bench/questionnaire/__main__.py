"""`python -m bench.questionnaire [server|browser|fuzz] [INTERVIEWS]`: what the engine costs, whether it agrees."""

from __future__ import annotations

import sys

from bench.questionnaire import browser, fuzz, server


def main(arguments: list[str]) -> None:
    """Run the parts asked for; without a name, the server's and the browser's."""
    names = [one for one in arguments if not one.isdigit()] or ["server", "browser"]
    count = next((int(one) for one in arguments if one.isdigit()), 1000)
    if "server" in names:
        server.report()
    if "browser" in names:
        browser.report()
    if "fuzz" in names:
        fuzz.report(count)


if __name__ == "__main__":
    main(sys.argv[1:])
