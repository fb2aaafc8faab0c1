import { randomBytes } from 'node:crypto'

import { ID_PREFIXES, type IdKind } from '@millrace/contracts'
import { sortableId } from '@millrace/core'

/** A new id of this kind, sortable by the moment of its making. */
export function newId(kind: IdKind, wallMs: number = Date.now()): string {
  return sortableId(ID_PREFIXES[kind], wallMs, randomBytes(10))
}
