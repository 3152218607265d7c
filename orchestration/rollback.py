"""Go back to a version that was published before, ``python -m orchestration.rollback``.

Without a name it lists the versions that are kept. What is shown again is what was shown then, at
every place that is set up; the next refresh that ends well publishes anew.

Exit codes: 0 done, or listed; 1 it could not be shown; 2 a setting is wrong; 3 a refresh or another
rollback is publishing. Only at 0 is anything replaced.
"""

from __future__ import annotations

import argparse
import sys

from orchestration.publication import roll_back, versions_told
from orchestration.publish import PublishError
from orchestration.settings import SettingsError, read_settings
from orchestration.working_file import WarehouseBusyError

DONE, FAILED, BAD_INPUT, BUSY = 0, 1, 2, 3


def main(arguments: list[str] | None = None) -> int:
    """List the versions, or show one; the exit code says how it went."""
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.rollback", description=__doc__.splitlines()[0]
    )
    parser.add_argument("version", nargs="?", help="name of the version (default: list them)")
    name = parser.parse_args(arguments or []).version
    try:
        settings = read_settings(reads_landing=False)
        if name is None:
            print(versions_told(settings))
            return DONE
        version = roll_back(settings, name)
    except SettingsError as error:
        return _failed(BAD_INPUT, error)
    except PublishError as error:
        return _failed(FAILED, error)
    except WarehouseBusyError as error:
        return _failed(BUSY, f"Not gone back: {error}.")
    print(
        f"Published again: version {version.name}, as of {version.note['as_of']}."
        " The next refresh that ends well publishes anew."
    )
    return DONE


def _failed(code: int, text: object) -> int:
    print(text, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
