#!/bin/sh
# From environment to configuration: writes the profile, lets `perpdesk doctor` judge it, and becomes
# the command. No secret is written down; the profile names their variables alone. Run again, it
# leaves the same files. It asks no venue: that is for the run, or for `perpdesk doctor` by hand.
#
#   bootstrap.sh run | webhook | check | COMMAND...
#
# A profile of one's own is named by PERPDESK_PROFILE; else one is made of the variables below.
set -eu

refuse() {
    printf 'bootstrap: %s\n' "$*" >&2
    exit 2
}

# require NAME MEANING: the variable is there and has nothing in it that could end a TOML string.
require() {
    eval "value=\${$1:-}"
    [ -n "$value" ] || refuse "$1: expected $2, found nothing"
    plain "$1" "$value"
}

plain() {
    case $2 in
    *[!A-Za-z0-9_.:/-]*) refuse "$1: expected letters, digits and _.:/- alone, found something else" ;;
    esac
}

# A secret is looked at by the doctor; here only whether it is there.
require_secret() {
    eval "value=\${$1:-}"
    [ -n "$value" ] || refuse "$1: expected $2, found nothing"
}

positive() {
    case $2 in
    *[!0-9.]* | *.*.* | . | "") refuse "$1: expected a number, found '$2'" ;;
    *[1-9]*) ;;
    *) refuse "$1: expected a number above 0, found '$2'" ;;
    esac
}

write_profile() {
    require PERPDESK_ENVIRONMENT "paper, testnet or live"
    require PERPDESK_VENUE "the name of a venue"
    require PERPDESK_INSTRUMENT "what to trade, such as BTC-USD-PERP.VENUE"
    require PERPDESK_ORDER_NOTIONAL "the value of one order in quote currency"
    positive PERPDESK_ORDER_NOTIONAL "$PERPDESK_ORDER_NOTIONAL"
    require_secret PERPDESK_WEBHOOK_SECRET "the secret that alerts carry"
    if [ "$part" = run ]; then
        require_secret PERPDESK_READ_TOKEN "the token of those who may look"
        require_secret PERPDESK_CONTROL_TOKEN "the token of those who may command"
    fi
    require_secret PERPDESK_INBOX "redis://:PASSWORD@HOST:PORT/DB"
    stop_percent=${PERPDESK_STOP_PERCENT:-2}
    positive PERPDESK_STOP_PERCENT "$stop_percent"
    trader_id=${PERPDESK_TRADER_ID:-PERPDESK-001}
    plain PERPDESK_TRADER_ID "$trader_id"

    currency=${PERPDESK_PAPER_CURRENCY:-USDC}
    plain PERPDESK_PAPER_CURRENCY "$currency"

    confirm=false
    execution=live
    case $PERPDESK_ENVIRONMENT in
    paper) network=mainnet execution=sandbox ;;
    testnet) network=testnet ;;
    live)
        network=mainnet
        [ "${PERPDESK_CONFIRM_LIVE:-}" = true ] ||
            refuse "PERPDESK_CONFIRM_LIVE: expected true, your yes to orders with real money"
        confirm=true
        ;;
    *) refuse "PERPDESK_ENVIRONMENT: expected paper, testnet or live, found '$PERPDESK_ENVIRONMENT'" ;;
    esac
    network=${PERPDESK_NETWORK:-$network}
    plain PERPDESK_NETWORK "$network"
    # Who takes alerts from outside has no key to lose.
    [ "$execution" = sandbox ] || [ "$part" = webhook ] ||
        require_secret PERPDESK_PRIVATE_KEY "the key that signs, best of an agent or a delegate"

    mkdir -p "$config_dir" || refuse "$config_dir: expected a folder that can be written"
    # Made beside its place and moved there whole: the sidecar may do the same at this moment.
    new=$(mktemp "$config_dir/.profile.XXXXXX") || refuse "$config_dir: expected a folder that can be written"
    trap 'rm -f "$new"' EXIT
    {
        printf '# Made by bootstrap.sh; edit the environment, or name a profile in PERPDESK_PROFILE.\n'
        printf 'environment = "%s"\n' "$PERPDESK_ENVIRONMENT"
        printf 'trader_id = "%s"\n' "$trader_id"
        printf 'confirm_live = %s\n' "$confirm"
        printf 'runs = "%s"\n\n' "$runs_dir"
        printf '[venues.%s]\n' "$PERPDESK_VENUE"
        printf 'network = "%s"\n' "$network"
        printf 'execution = "%s"\n' "$execution"
        printf 'instruments = ["%s"]\n' "$PERPDESK_INSTRUMENT"
        optional base_url_http PERPDESK_VENUE_URL_HTTP
        optional base_url_ws PERPDESK_VENUE_URL_WS
        if [ "$execution" = live ]; then
            printf 'private_key_env = "PERPDESK_PRIVATE_KEY"\n'
            named account_address_env PERPDESK_ACCOUNT_ADDRESS
            named vault_address_env PERPDESK_VAULT_ADDRESS
            named subaccount_id_env PERPDESK_SUBACCOUNT_ID
        fi
        # What the venue settles in; `perpdesk doctor` says where it is another.
        [ "$execution" = live ] || printf '\n[paper]\nstarting_balances = ["10000 %s"]\n' "$currency"
        printf '\n[[strategies]]\nid = "alerts"\nstrategy = "alert"\n\n[strategies.parameters]\n'
        printf 'instrument_id = "%s"\n' "$PERPDESK_INSTRUMENT"
        printf 'sizing = { kind = "notional", amount = "%s" }\n' "$PERPDESK_ORDER_NOTIONAL"
        printf 'stop = { kind = "percent", percent = "%s" }\n' "$stop_percent"
        # The sidecar takes the alerts; a container's own loopback reaches nobody.
        printf '\n[webhook]\nserve = false\nhost = "0.0.0.0"\ninbox_env = "PERPDESK_INBOX"\n'
        if [ -n "${PERPDESK_TRUSTED_PROXY:-}" ]; then
            plain PERPDESK_TRUSTED_PROXY "$PERPDESK_TRUSTED_PROXY"
            printf 'trusted_proxies = ["%s"]\n' "$PERPDESK_TRUSTED_PROXY"
        fi
        printf '\n[monitor]\nhost = "0.0.0.0"\nexpose = true\n'
        # So that `perpdesk logs` can read them.
        printf '\n[logging]\njson = true\n'
    } >"$new"
    if cmp -s "$new" "$profile"; then
        rm -f "$new"
    else
        mv -f "$new" "$profile"
    fi
    trap - EXIT
}

# optional KEY VARIABLE: the value, where it is set.
optional() {
    eval "value=\${$2:-}"
    [ -n "$value" ] || return 0
    plain "$2" "$value"
    printf '%s = "%s"\n' "$1" "$value"
}

# named KEY VARIABLE: the name of the variable, where it is set.
named() {
    eval "value=\${$2:-}"
    [ -z "$value" ] || printf '%s = "%s"\n' "$1" "$2"
}

[ $# -gt 0 ] || refuse "expected run, webhook, check or another command of perpdesk"
umask 077
config_dir=${PERPDESK_CONFIG_DIR:-/config}
runs_dir=${PERPDESK_RUNS_DIR:-/runs}
plain PERPDESK_CONFIG_DIR "$config_dir"
plain PERPDESK_RUNS_DIR "$runs_dir"

case $1 in
run | check) part=run ;;
webhook) part=webhook ;;
*) exec perpdesk "$@" ;;
esac

if [ -n "${PERPDESK_PROFILE:-}" ]; then
    profile=$PERPDESK_PROFILE
    [ -r "$profile" ] || refuse "PERPDESK_PROFILE: expected a file that can be read, found '$profile'"
else
    profile=$config_dir/profile.toml
    write_profile
fi

perpdesk doctor "$profile" --startup "$part" >&2 || refuse "$profile: see the lines with 'fail' above"
[ "$1" != check ] || exit 0
command=$1
shift
exec perpdesk "$command" "$profile" "$@"
