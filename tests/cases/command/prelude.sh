# What the rows are written in, besides the shell. Each row runs in a folder of its own that holds ok.tenet and names.txt.

# Prints ok.tenet with the text FROM replaced by TO: edit FROM TO
edit() {
  awk -v from="$1" -v to="$2" '{
    at = index($0, from)
    if (at) { $0 = substr($0, 1, at - 1) to substr($0, at + length(from)); found = 1 }
    print
  } END { if (!found) { print "edit: no " from >"/dev/stderr"; exit 99 } }' ok.tenet || exit 99
}

# Prints COUNT times the character C: many COUNT C
many() { head -c "$1" /dev/zero | tr '\0' "$2"; }

# Trains ok.tenet and leaves the run in r.
trained() { tenet train ok.tenet --out r >o 2>&1 || exit 99; }
