# bash completion for rdline-ctl: options, commands, endpoint names as the gateway has them, and identities as the
# database has them.
_rdline_ctl()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local socket=() database=() command= i
	local sent="--format --accept --timeout --expires"
	local -A options=([update]="--prefix --all --over" [why]="--address --seconds" [events]="--from --ack --prefix --count"
		[write]="--update --attributes $sent" [read]=$sent [discover]=$sent [execute]=$sent [create]=$sent [delete]=$sent
		[observe]=$sent [cancel]=$sent)

	# Names may hold colons, which would break words.
	if declare -F _get_comp_words_by_ref >/dev/null; then
		_get_comp_words_by_ref -n : -c current -p previous
	fi
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | --socket)
			socket=(-s "${COMP_WORDS[++i]}")
			;;
		-r | --requests | -e | --events)
			((i++))
			;;
		show | list | remove | count | state | events | cursors | forget | refusals | why | capture | update | read | discover | write | execute | create | delete | observe | cancel)
			command=${COMP_WORDS[i]}
			break
			;;
		credential)
			command=credential
			for ((i++; i < COMP_CWORD; i++)); do
				case ${COMP_WORDS[i]} in
				-d | --database | -k | --key-file)
					database+=("${COMP_WORDS[i]}" "${COMP_WORDS[++i]}")
					;;
				add | remove | import | list)
					command="credential ${COMP_WORDS[i]}"
					break
					;;
				esac
			done
			break
			;;
		esac
	done
	case $previous in
	-s | --socket | -r | --requests | -e | --events | -k | --key-file | --rpk)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	-d | --database)
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		return
		;;
	-f | --format | -a | --accept)
		mapfile -t COMPREPLY < <(compgen -W "text link opaque json cbor senml-json senml-cbor senml-etch-json senml-etch-cbor tlv lwm2m-json lwm2m-cbor" -- "$current")
		return
		;;
	--from)
		mapfile -t COMPREPLY < <(compgen -W "now snapshot cursor" -- "$current")
		return
		;;
	-o | --sort)
		mapfile -t COMPREPLY < <(compgen -W "endpoint address left none" -- "$current")
		return
		;;
	esac
	case $command in
	'')
		mapfile -t COMPREPLY < <(compgen -W \
			"show list remove count state events cursors forget refusals why capture update read discover write execute create delete observe cancel credential --json --names --sort --socket --requests --events --version --help" -- "$current")
		;;
	show | remove | refusals | why | list | update | read | discover | write | execute | create | delete | observe | cancel)
		# One page of what begins so is enough to choose from. Devices choose their names, and bash would take what
		# is completed for its own words: names with anything in them that means something to it are left out.
		mapfile -t COMPREPLY < <(timeout 2 rdline-ctl "${socket[@]}" --names list -- "$current" 0 2>/dev/null |
			LC_ALL=C grep -av $'[^0-9A-Za-z_.:@%+=,/\x80-\xff-]')
		if [[ $current == -* ]]; then
			mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "${options[$command]}" -- "$current")
		fi
		;;
	events)
		mapfile -t COMPREPLY < <(compgen -W "${options[events]}" -- "$current")
		;;
	forget)
		mapfile -t COMPREPLY < <(timeout 2 rdline-ctl "${socket[@]}" cursors 2>/dev/null | cut -d ' ' -f 1 |
			while read -r i; do [[ $i == "$current"* ]] && printf '%s\n' "$i"; done)
		;;
	capture)
		mapfile -t COMPREPLY < <(compgen -W "--endpoint --address --every --count --seconds" -- "$current"
			compgen -f -- "$current")
		;;
	credential)
		mapfile -t COMPREPLY < <(compgen -W "--database --key-file add remove import list" -- "$current")
		;;
	'credential add')
		mapfile -t COMPREPLY < <(compgen -W "--rpk" -- "$current")
		;;
	'credential import')
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	'credential remove' | 'credential list')
		mapfile -t COMPREPLY < <(timeout 2 rdline-ctl credential "${database[@]}" list "$current" 2>/dev/null |
			cut -f 1 | LC_ALL=C grep -av $'[^0-9A-Za-z_.:@%+=,/\x80-\xff-]' | head -n 100)
		if [[ $command == *remove && $current == -* ]]; then
			mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "--registration" -- "$current")
		fi
		;;
	esac
	if declare -F __ltrim_colon_completions >/dev/null; then
		__ltrim_colon_completions "$current"
	fi
}
complete -F _rdline_ctl rdline-ctl
