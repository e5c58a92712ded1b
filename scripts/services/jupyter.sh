# shellcheck shell=bash disable=SC2034,SC2154 # shared with scripts/stack
#
# JupyterLab: its notebooks find the other services as `scripts/stack env` tells them.

services+=(jupyter)
ports[jupyter]=JUPYTER_PORT
uses[jupyter]='python spark'

check_jupyter() { check_python jupyter; }

# A notebook that was changed here stays as it is.
prepare_jupyter() {
	local to=$state/jupyter/notebooks
	mkdir -p "$to"
	cp "$here/spark/land.py" "$to/"
	[ -e "$to/retail.ipynb" ] || cp "$here/spark/retail.ipynb" "$to/"
}

run_jupyter() {
	eval "$(print_env)"
	export JUPYTER_CONFIG_DIR=$PWD/config JUPYTER_DATA_DIR=$PWD/share JUPYTER_RUNTIME_DIR=$PWD/tmp \
		IPYTHONDIR=$PWD/ipython TMPDIR=$PWD/tmp
	exec setsid "$python" -X "kpipe.service=$PWD" -m jupyterlab --no-browser --allow-root \
		--ip 127.0.0.1 --port "$JUPYTER_PORT" --ServerApp.port_retries=0 --LabApp.news_url= \
		--IdentityProvider.token="$JUPYTER_TOKEN" --ServerApp.root_dir="$PWD/notebooks"
}

ready_jupyter() {
	[[ $(get "$JUPYTER_PORT" /api/status -H "Authorization: token $JUPYTER_TOKEN") == *'"started":'* ]]
}

env_jupyter() {
	give JUPYTER_URL "http://127.0.0.1:$JUPYTER_PORT/lab?token=$JUPYTER_TOKEN"
}
