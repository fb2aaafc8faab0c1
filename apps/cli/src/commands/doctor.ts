import { createClient } from '@millrace/client'

import { expectWords, readArguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { controlUrl, findToken } from '../context.ts'
import { checkControl, checkNodes } from '../doctor/control.ts'
import type { Finding } from '../doctor/finding.ts'
import { checkPorts, checkRtcPort } from '../doctor/ports.ts'
import { checkStorages } from '../doctor/storages.ts'
import { checkDataDir, checkStores } from '../doctor/stores.ts'

const USAGE = 'millrace doctor [--json]'

/** `millrace doctor`: one line a check, with what to do; the exit code is 1 when one fails. */
export const doctor: Command = async (args, { env, json, print }) => {
  expectWords(readArguments(args, {}, USAGE).words, [], USAGE)
  const control = await checkControl(env)
  const reached = control.every(({ level }) => level !== 'fail')
  const clientFor = (secret: string) => createClient({ url: controlUrl(env), token: secret, retries: 0 })
  const token = findToken(env)
  const findings = [
    await checkDataDir(env),
    ...(await checkPorts(env)),
    ...(await checkRtcPort(env)),
    ...(await checkStores(env)),
    ...control,
    ...(reached ? await checkNodes(env, clientFor) : []),
    ...(reached && token !== undefined ? await checkStorages(clientFor(token)) : []),
  ]
  print(json ? `${JSON.stringify(findings, null, 2)}\n` : findings.map(line).join(''))
  return findings.some(({ level }) => level === 'fail') ? 1 : 0
}

function line({ level, check, text, fix }: Finding): string {
  return `${level.padEnd(4)}  ${check.padEnd(16)}  ${text}${fix === undefined ? '' : `: ${fix}`}\n`
}
