"""`make bench`: everything the README claims about speed, measured again."""

from benchmarks import demo, resolve_time, vitals

resolve_time.main()
demo.main()
vitals.main()
