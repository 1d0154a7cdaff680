"""The command `nattvakt`: one verb per job, each loaded only when it is asked for."""
