import { ALIASES } from './rewrite.ts'
import { SCHEMA } from './schema/schema.ts'
import type { Fields, Node, Status } from './schema/specification.ts'
import { defaultText, directiveTable, type TableRow } from './schema/table.ts'

/** A file of `conf/`. */
export interface Sample {
  readonly name: string
  /** Its first comment. */
  readonly about: string
}

/** Where the whole is not as in SRS; what is about one directive stands in the schema. */
const DEVIATIONS: readonly string[] = [
  'What is no number where one is needed is an error; SRS takes it for 0.',
  'Values out of their range are errors; SRS takes most of them.',
  'HTTP players stay for ten seconds after the publisher has left, for another to come; SRS disconnects them.',
  "A file that can't be read keeps the running configuration as it is, and says why; SRS 4 ends.",
  '`include` looks beside the including file too, and takes patterns (`include vhosts/*.conf;`).',
  'A variable `SRS_…` that stands for no directive is warned of.',
]

/** `conf/README.md`: every directive with what Millrace makes of it, older forms, deviations, and the sample files. */
export function configurationReadme(samples: readonly Sample[]): string {
  const rows = directiveTable()
  const count = (type: Status['type']): number =>
    rows.filter(({ kind, status }) => kind === 'leaf' && status.type === type).length
  return `# Configuration files

Files for \`millrace node -c FILE\`, in the format and under the names that users of SRS know. \`millrace node -t -c FILE\` checks one.
This page is written by \`npm run conf:generate\` from the table in \`packages/platform/config/src/schema\`.

| file | |
|---|---|
${samples.map(({ name, about }) => `| [${name}](${name}) | ${cell(about)} |`).join('\n')}

## Grammar

\`name value …;\` or \`name value … { … }\`. \`#\` begins a comment; values with spaces stand in \`"…"\` or \`'…'\`, without escapes. \`include FILE …;\`
may stand anywhere. Of what is given twice the first counts. Addresses are \`port\`, \`ip:port\` or \`[ipv6]:port\`. A vhost that no \`vhost\`
block is named for is \`__defaultVhost__\`; vhosts inherit nothing. Variables \`SRS_\` + path in capitals with \`_\` for dots
(\`SRS_HTTP_API_LISTEN\`, \`SRS_VHOST_HLS_ENABLED\` for all vhosts) come over the file.

## Logs

Lines have the form of SRS, \`[date][level][pid][cid] message key=value …\`, behind \`[cid]\` of warnings and errors the \`[errno]\`. The cid is the id of
a session, by which the API and callbacks call its client, and which RTMP clients are told as \`srs_id\`. \`srs_log_format json;\` writes objects instead,
\`text\` lines for people. SIGUSR1 opens the file anew, after it was renamed.

## Programs

\`exec\` has SRS's \`publish\`, and the events of nginx-rtmp under its names: \`exec_push\` is \`publish\`; \`exec_pull\` runs from the first player of a stream
until the last has left; \`exec_publish\`, \`exec_publish_done\`, \`exec_play\`, \`exec_play_done\` and \`exec_record_done\` run once. Variables are
\`[vhost] [app] [stream] [param] [port] [url] [tcUrl] [swfUrl] [pageUrl] [flashVer] [ip] [client_id]\` and those of time; of a recording also
\`[path] [dirname] [filename] [basename]\`. No shell reads a line; \`>file\` and \`2>file\` append.

## Where it is not as in SRS

${[...DEVIATIONS, ...rows.filter(hasDeviation).map(({ path, deviation }) => `\`${path}\`: ${deviation}.`)].map((text) => `- SRS: ${text}`).join('\n')}

## Directives

${count('active')} are active, ${count('accepted')} are accepted (they may stand in a file, and change nothing, for the reason that is given), ${count('refused')} is refused.
A change counts after a reload (SIGHUP) *hot*: at once, for streams that are on, too (files from the next key frame on); *next*: for the next connection, stream or request; *restart*: not before.
"5" and "6" mark what came with SRS 5 and 6, "Millrace" what no SRS has.

| directive | takes | default | change counts | status |
|---|---|---|---|---|
${rows.map(rowText).join('\n')}

## Older forms

Still read, with a warning.

| older | now |
|---|---|
${ALIASES.map(({ from, to }) => `| \`${from}\` | ${to === undefined ? 'ignored' : `\`${to}\``} |`).join('\n')}
`
}

function hasDeviation({ deviation }: TableRow): boolean {
  return deviation !== undefined
}

function rowText({ path, kind, type, unit, default: fallback, since, reload, status }: TableRow): string {
  const name = `\`${path}\`${since === 4 ? '' : ` (${since})`}`
  const takes = unit === undefined ? type : `${type}, ${unit}`
  const reason = status.type === 'active' ? '' : `: ${status.reason}`
  const cells = [
    name,
    takes,
    fallback === '' ? '' : `\`${fallback}\``,
    kind === 'leaf' ? reload : '',
    kind === 'leaf' ? status.type + reason : '',
  ]
  return `| ${cells.map(cell).join(' | ')} |`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** A file with every directive at its default, for reading: what has no default stands in a comment. */
export function fullConfiguration(): string {
  return `# Every directive, at its default. For reading only: copy what you need.
# Written by \`npm run conf:generate\`; README.md says what each of them does.

is_full on;
listen 1935;
${[...lines(SCHEMA.fields, '')].filter((line) => !/^(# )?(is_full|listen) /.test(line)).join('\n')}
`
}

function* lines(fields: Fields, indent: string): Generator<string> {
  for (const [name, node] of Object.entries(fields)) {
    if (node.kind !== 'leaf') {
      yield `${indent}${name} ${argumentOf(node)}{`
      yield* lines(node.fields, `${indent}    `)
      yield `${indent}}`
      continue
    }
    const { type, unit } = node
    const fallback = defaultText(node.default)
    const takes = unit === undefined ? type : `${type}, ${unit}`
    if (node.takesBlock) yield `${indent}${name} {\n${indent}}`
    else if (fallback === '') yield `${indent}# ${name} …; # ${takes}`
    else yield `${indent}${name} ${fallback}; # ${takes}`
  }
}

/** Names that blocks of which there may be many have in the file. */
function argumentOf(node: Node): string {
  return node.kind === 'repeated' && node.naming && !node.naming.optional ? 'example ' : ''
}
