import { existsSync, readFileSync } from 'node:fs'

/** Whether this is a container of Docker, as SRS finds it out, or by the file that Docker puts there. */
export function isInDocker(): boolean {
  try {
    return readFileSync('/proc/1/cgroup', 'utf8').includes('/docker') || existsSync('/.dockerenv')
  } catch {
    return existsSync('/.dockerenv')
  }
}
