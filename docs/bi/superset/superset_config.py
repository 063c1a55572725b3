"""Superset as `make bi-check` starts it: on loopback, its own state in one folder, nothing kept of an answer. Not for a server that others reach.

BI_CHECK_HOME is the folder, BI_CHECK_SECRET the key that signs sessions.
"""

import os

SECRET_KEY = os.environ["BI_CHECK_SECRET"]
SQLALCHEMY_DATABASE_URI = f"sqlite:///{os.environ['BI_CHECK_HOME']}/superset.db"
# A kept answer would outlive the publication it was computed from.
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
# Asked through its API by a script on this machine, over plain HTTP.
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
