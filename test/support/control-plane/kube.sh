#!/usr/bin/env bash
# A real Kubernetes control plane in a folder, without containers: etcd, kube-apiserver, kube-controller-manager,
# kube-scheduler, and kwok, which plays the kubelet of every node.
#
#   kube.sh up DIR [PORT] [option...]     start; prints the path of the administrator's kubeconfig
#       --bin DIR          the binaries (default: $KUBEBUILDER_ASSETS, else .cache/control-plane at the repository root)
#       --nodes N          nodes to register (default 1)
#       --stages DIR       kwok's Stage files (default: ./stages beside this script)
#       --audit            log every request, bodies included, to DIR/audit.log
#       --no-kwok          no kubelet: pods get scheduled and stay Pending; the test itself may patch their status
#       --no-scheduler     pods are never assigned to a node (DaemonSet pods too)
#       --no-controllers   API only: nothing creates ReplicaSets or pods (implies --no-kwok --no-scheduler)
#   kube.sh down DIR                      stop what `up DIR` started, and nothing else; files stay
#   kube.sh status DIR                    one line per process: name, pid, resident memory in MiB
#   kube.sh pause|resume|kill|restart DIR NAME    SIGSTOP, SIGCONT, SIGKILL, or stop and start again, one of them
#
# DIR then holds  admin.kubeconfig       client certificate, group system:masters
#                 admin-token.kubeconfig the same rights through a bearer token
#                 restricted.kubeconfig  ServiceAccount default/restricted, rights of restricted.yaml
#                 ca.crt, port, *.log, *.pid
# Several instances run side by side: each has its own DIR and port, and etcd listens on sockets inside DIR.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage() { sed -n '2,23s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 64; }
fail() { echo "kube.sh: $*" >&2; exit 1; }

# --- processes -------------------------------------------------------------------------------------------------

# The pid of NAME, if that process is alive and ours: its command line must name DIR, since pids get reused. The command
# line of a zombie is empty; `kill -0` would call it alive for as long as nobody reaps it, in a container for ever.
pid_of() {
  local pid; pid=$(cat "$dir/$1.pid" 2>/dev/null) || return 1
  if [ -r "/proc/$pid/cmdline" ]; then tr '\0' ' ' <"/proc/$pid/cmdline"; else ps -o command= -p "$pid"; fi 2>/dev/null | grep -qF -- "$dir" || return 1
  echo "$pid"
}
launch() { # NAME: run DIR/NAME.cmd in the background, detached from the terminal so that Ctrl-C in a test does not reach it
  local detach=; ! command -v setsid >/dev/null || detach=setsid
  (cd "$dir" && exec $detach bash -c "exec $(cat "$dir/$1.cmd")" >>"$dir/$1.log" 2>&1 </dev/null) &
  echo $! >"$dir/$1.pid"
}
start() { # NAME ARG...
  local name=$1; shift
  printf '%q ' "$bin/$name" "$@" >"$dir/$name.cmd"
  : >"$dir/$name.log"
  launch "$name"
}
stop() { # NAME
  local pid; pid=$(pid_of "$1") || { rm -f "$dir/$1.pid"; return 0; }
  kill -CONT "$pid" 2>/dev/null || true
  kill -TERM "$pid" 2>/dev/null || true
  for _ in $(seq 200); do pid_of "$1" >/dev/null || break; sleep 0.05; done
  ! pid_of "$1" >/dev/null || kill -KILL "$pid" 2>/dev/null || true
  rm -f "$dir/$1.pid"
}
names="kwok kube-scheduler kube-controller-manager kube-apiserver etcd"
down() { for name in $names; do stop "$name"; done; }

until_true() { # SECONDS WHAT COMMAND...
  local end=$((SECONDS + $1)) what=$2; shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "kube.sh: gave up waiting for: $what; see the logs in $dir" >&2; return 1; }
    sleep 0.1
  done
}

# --- certificates and kubeconfigs --------------------------------------------------------------------------------

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$dir/$1.key" 2>/dev/null; }
issue() { # FILE SUBJECT EXTENSIONS
  key "$1"
  openssl req -new -key "$dir/$1.key" -subj "$2" -out "$dir/$1.csr" 2>/dev/null
  openssl x509 -req -in "$dir/$1.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial -days 30 -sha256 \
    -extfile <(printf '%b' "$3") -out "$dir/$1.crt" 2>/dev/null
  rm -f "$dir/$1.csr"
}
certificates() {
  key ca
  openssl req -x509 -new -key "$dir/ca.key" -subj /CN=test-ca -days 30 -sha256 -out "$dir/ca.crt" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature 2>/dev/null
  issue server /CN=kube-apiserver 'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1\n'
  issue admin /O=system:masters/CN=admin 'extendedKeyUsage=clientAuth\n'
  issue controllers /CN=system:kube-controller-manager 'extendedKeyUsage=clientAuth\n'
  issue scheduler /CN=system:kube-scheduler 'extendedKeyUsage=clientAuth\n'
  openssl genrsa -out "$dir/service-account.key" 2048 2>/dev/null
  echo "$(openssl rand -hex 24),admin-token,admin-token,system:masters" >"$dir/tokens.csv"
  chmod 600 "$dir"/*.key "$dir/tokens.csv"
}
kubeconfig() { # FILE USER-FIELDS (YAML flow style)
  cat >"$dir/$1.kubeconfig" <<Y
apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: test, user: test}}]
clusters: [{name: test, cluster: {server: "https://127.0.0.1:$port", certificate-authority-data: $(base64 <"$dir/ca.crt" | tr -d '\n')}}]
users: [{name: test, user: {$2}}]
Y
  chmod 600 "$dir/$1.kubeconfig"
}
certificate_user() { echo "client-certificate-data: $(base64 <"$dir/$1.crt" | tr -d '\n'), client-key-data: $(base64 <"$dir/$1.key" | tr -d '\n')"; }

# --- up ------------------------------------------------------------------------------------------------------------

free_port() { local p; while :; do p=$((20000 + (RANDOM * 32768 + RANDOM) % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }; done; }
kubectl() { "$kubectl" --kubeconfig "$dir/admin.kubeconfig" "$@"; }

start_apiserver() {
  local extra=()
  [ "$audit" = no ] || {
    printf '%s\n' 'apiVersion: audit.k8s.io/v1' 'kind: Policy' 'omitStages: [RequestReceived]' 'rules:' \
      '- {level: None, users: ["system:apiserver", "system:kube-scheduler", "system:kube-controller-manager"]}' \
      '- {level: None, userGroups: ["system:serviceaccounts:kube-system"]}' '- {level: Request}' >"$dir/audit-policy.yaml"
    extra+=("--audit-policy-file=$dir/audit-policy.yaml" "--audit-log-path=$dir/audit.log")
  }
  # Without the controllers nobody creates the ServiceAccount that this admission plugin wants in every pod.
  [ "$controllers" = yes ] || extra+=(--disable-admission-plugins=ServiceAccount)
  start kube-apiserver \
    "--etcd-servers=unix://$dir/etcd.sock" --bind-address=127.0.0.1 "--secure-port=$port" --advertise-address=127.0.0.1 \
    "--tls-cert-file=$dir/server.crt" "--tls-private-key-file=$dir/server.key" "--client-ca-file=$dir/ca.crt" \
    "--token-auth-file=$dir/tokens.csv" --authorization-mode=RBAC --anonymous-auth=true \
    --service-account-issuer=https://kubernetes.default.svc \
    "--service-account-key-file=$dir/service-account.key" "--service-account-signing-key-file=$dir/service-account.key" \
    --service-cluster-ip-range=10.96.0.0/16 --endpoint-reconciler-type=none --profiling=false "${extra[@]}"
}
up_apiserver() { # on a random port another program may be faster: try again with another
  local attempt
  for attempt in 1 2 3 4 5; do
    port=${wanted_port:-$(free_port)}
    start_apiserver
    kubeconfig admin "$(certificate_user admin)"
    until_true 180 "kube-apiserver on port $port" apiserver_up_or_dead || return 1
    pid_of kube-apiserver >/dev/null && return 0
    [ -z "$wanted_port" ] && grep -q 'address already in use' "$dir/kube-apiserver.log" || { tail -3 "$dir/kube-apiserver.log" >&2; return 1; }
  done
  return 1
}
apiserver_up_or_dead() { ! pid_of kube-apiserver || kubectl get --raw /readyz; }

register_node() {
  kubectl create -f - <<Y
{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "$1", "labels": {"kubernetes.io/hostname": "$1", "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}}}
Y
}
rollout_works() { # the whole chain, once: controllers, scheduler, kubelet, and back
  kubectl create -n kube-system -f - <<'Y'
{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "first-rollout"}, "spec": {"selector": {"matchLabels": {"app": "first-rollout"}},
 "template": {"metadata": {"labels": {"app": "first-rollout"}}, "spec": {"containers": [{"name": "main", "image": "example/first:1"}]}}}}
Y
  kubectl rollout status -n kube-system deployment/first-rollout --timeout=180s
  kubectl delete -n kube-system deployment/first-rollout --cascade=foreground --timeout=180s
}

up() {
  [ -x "$bin/kube-apiserver" ] || fail "no kube-apiserver in $bin: run build.sh $bin first"
  [ -d "$stages" ] || fail "no folder $stages"
  bin=$(cd "$bin" && pwd); stages=$(cd "$stages" && pwd)
  kubectl=$bin/kubectl; [ -x "$kubectl" ] || kubectl=$(command -v kubectl) || fail "kubectl is neither in $bin nor on PATH"
  command -v openssl >/dev/null || fail "openssl is needed for the certificates"
  mkdir -p "$dir"; dir=$(cd "$dir" && pwd); chmod 700 "$dir"
  # A Unix socket path is limited to 107 bytes.
  [ ${#dir} -le 90 ] || fail "the path of DIR is longer than 90 bytes, too long for etcd's socket: $dir"
  if pid_of kube-apiserver >/dev/null; then fail "already up in $dir"; fi
  down; rm -rf "$dir/etcd" "$dir"/*.sock "$dir"/audit.log
  trap 'down' EXIT

  start etcd --data-dir="$dir/etcd" --unsafe-no-fsync --log-level=warn \
    "--listen-client-urls=unix://$dir/etcd.sock" --advertise-client-urls=http://127.0.0.1:1 \
    "--listen-peer-urls=unix://$dir/etcd-peer.sock" --initial-advertise-peer-urls=http://127.0.0.1:1 --initial-cluster=default=http://127.0.0.1:1
  certificates
  up_apiserver || fail "kube-apiserver did not start"
  echo "$port" >"$dir/port"
  kubeconfig admin-token "token: $(cut -d, -f1 "$dir/tokens.csv")"

  if [ "$controllers" = yes ]; then
    kubeconfig controllers "$(certificate_user controllers)"
    start kube-controller-manager "--kubeconfig=$dir/controllers.kubeconfig" --leader-elect=false --secure-port=0 --profiling=false \
      "--service-account-private-key-file=$dir/service-account.key" "--root-ca-file=$dir/ca.crt" --use-service-account-credentials=true \
      --kube-api-qps=300 --kube-api-burst=600 \
      --controllers=deployment-controller,replicaset-controller,statefulset-controller,daemonset-controller,job-controller,cronjob-controller,replicationcontroller-controller,garbage-collector-controller,pod-garbage-collector-controller,ttl-after-finished-controller,namespace-controller,serviceaccount-controller,root-ca-certificate-publisher-controller,endpoints-controller,endpointslice-controller,node-lifecycle-controller,resourcequota-controller,disruption-controller
  fi
  if [ "$scheduler" = yes ]; then
    kubeconfig scheduler "$(certificate_user scheduler)"
    start kube-scheduler "--kubeconfig=$dir/scheduler.kubeconfig" --leader-elect=false --secure-port=0 --profiling=false --kube-api-qps=300 --kube-api-burst=600
  fi
  for n in $(seq "$nodes"); do register_node "node-$n" >/dev/null; done
  if [ "$kwok" = yes ]; then
    local configs=() file
    for file in "$stages"/*.yaml; do configs+=(--config "$file"); done
    start kwok "--kubeconfig=$dir/admin.kubeconfig" --manage-all-nodes=true --node-ip=127.0.0.1 --node-port=0 --cidr=10.244.0.1/16 \
      --node-lease-duration-seconds=40 "${configs[@]}"
  fi

  # The ServiceAccount with few rights. Its token comes from the TokenRequest API, as a pod's would.
  kubectl apply -f "$here/restricted.yaml" >/dev/null
  kubeconfig restricted "token: $(kubectl create token -n default restricted --duration=24h)"

  if [ "$controllers$scheduler$kwok" = yesyesyes ]; then
    until_true 180 "ServiceAccount kube-system/default" kubectl get -n kube-system serviceaccount default
    rollout_works >"$dir/first-rollout.log" 2>&1 || { tail -5 "$dir/first-rollout.log" >&2; fail "no Deployment could roll out; see the logs in $dir"; }
  fi
  trap - EXIT
  echo "$dir/admin.kubeconfig"
}

# --- command line ----------------------------------------------------------------------------------------------------

[ $# -ge 2 ] || usage
command=$1; dir=$2; shift 2
[ ! -d "$dir" ] || dir=$(cd "$dir" && pwd)
bin=${KUBEBUILDER_ASSETS:-$here/../../../.cache/control-plane}; stages=$here/stages; nodes=1; wanted_port=
kwok=yes; scheduler=yes; controllers=yes; audit=no
case $command in
  up)
    while [ $# -gt 0 ]; do
      case $1 in
        --bin) bin=$2; shift ;;
        --nodes) nodes=$2; shift ;;
        --stages) stages=$2; shift ;;
        --audit) audit=yes ;;
        --no-kwok) kwok=no ;;
        --no-scheduler) scheduler=no ;;
        --no-controllers) controllers=no; scheduler=no; kwok=no ;;
        [0-9]*) wanted_port=$1 ;;
        *) usage ;;
      esac
      shift
    done
    up ;;
  down) down ;;
  status)
    for name in $names; do
      if pid=$(pid_of "$name"); then echo "$name $pid $(($(awk '/^VmRSS/{print $2}' "/proc/$pid/status") / 1024))"; else echo "$name - -"; fi
    done ;;
  pause) kill -STOP "$(pid_of "$1")" ;;
  resume) kill -CONT "$(pid_of "$1")" ;;
  kill) kill -KILL "$(pid_of "$1")" ;;
  restart) stop "$1"; launch "$1" ;;
  *) usage ;;
esac
