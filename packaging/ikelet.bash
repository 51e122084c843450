# SPDX-License-Identifier: MIT
# bash completion of ikelet and ikeletd
_ikelet()
{
    local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words=
    if [ "$COMP_CWORD" -eq 1 ]; then
        words='up down rekey status list log counters reload check ping respond load slip help --help --version'
    elif [ "${cur#-}" != "$cur" ]; then
        words=$(ikelet "$verb" --help 2>/dev/null | grep -o -- '--[a-z-]*=\?' | sort -u)
        compopt -o nospace
    elif [ "$verb" = up ] || [ "$verb" = down ] || [ "$verb" = rekey ]; then
        words=$(ikelet list 2>/dev/null | sed -n 's/^\([^ ][^:]*\):.*/\1/p')
    elif [ "$verb" = help ]; then
        words='up down rekey status list log counters reload check ping respond load slip'
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _ikelet ikelet

_ikeletd()
{
    mapfile -t COMPREPLY < <(compgen -f -P "${COMP_WORDS[COMP_CWORD]%%=*}=" -- "${COMP_WORDS[COMP_CWORD]#*=}")
    case ${COMP_WORDS[COMP_CWORD]} in
    *=*) ;;
    *) mapfile -t COMPREPLY < <(compgen -W '--config= --check= --help --version' -- "${COMP_WORDS[COMP_CWORD]}") ;;
    esac
}
complete -o nospace -F _ikeletd ikeletd
