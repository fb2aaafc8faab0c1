import { CodedError } from '@millrace/core'

/** A helper of the tests could not do its part: a program is missing, ended early or stayed silent. */
export class SupportError extends CodedError {}
