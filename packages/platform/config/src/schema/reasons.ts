import { accepted } from './specification.ts'

/** A later part of Millrace does it. */
export const NOT_YET = accepted('not active yet')

/** There is nothing like it in Millrace for it to change. */
export const NO_MATTER = accepted('of no consequence: Millrace has nothing for it to change')
