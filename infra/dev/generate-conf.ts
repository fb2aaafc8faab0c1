/** `npm run conf:generate`: `conf/README.md` and `conf/full.conf`, from the table of all directives. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

import { configurationReadme, fullConfiguration, type Sample } from '@millrace/config'

const folder = new URL('../../conf/', import.meta.url)

/** The files of `conf/` with their first lines. */
export function samples(): Sample[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.conf'))
    .toSorted()
    .map((name) => ({ name, about: /^# (.*)/.exec(readFileSync(new URL(name, folder), 'utf8'))?.[1] ?? '' }))
}

if (import.meta.main) {
  writeFileSync(new URL('full.conf', folder), fullConfiguration())
  writeFileSync(new URL('README.md', folder), configurationReadme(samples()))
}
