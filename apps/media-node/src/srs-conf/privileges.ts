import { readFileSync } from 'node:fs'

import { CodedError, errorMessage } from '@millrace/core'

/**
 * Goes on as another user, for good: after the ports are bound, so that those below 1024 need no root afterwards.
 *
 * @param group default the user's own
 * @throws CodedError `PRIVILEGES` when that is not possible, with which the node must not go on
 */
export function dropPrivileges(user: string, group: string): void {
  if (user === '' && group === '') return
  try {
    const gid = group || primaryGroup(user)
    process.setgroups?.([gid])
    process.setgid?.(gid)
    if (user !== '') process.setuid?.(user)
  } catch (cause) {
    const name = [user, group].filter(Boolean).join(':')
    throw new CodedError('PRIVILEGES', `cannot go on as ${name}: ${errorMessage(cause)}`, { cause })
  }
}

/** @see passwd(5): name:password:uid:gid:… */
function primaryGroup(user: string): number {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((entry) => entry.split(':'))
    .find(([name]) => name === user)
  const gid = Number(line?.[3])
  if (!line || !Number.isSafeInteger(gid)) throw new CodedError('PRIVILEGES', `there is no user ${user}`)
  return gid
}
