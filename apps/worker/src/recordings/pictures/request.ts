import type { SheetLayout, Size } from './sheet.ts'

/** What the process that makes pictures is asked for, on its standard input. */
export interface PicturesRequest {
  /** Media files that begin with a key frame, in the order of time; one picture is made of each. */
  readonly sources: readonly string[]
  /** Where the poster is written, JPEG. */
  readonly poster: string
  /** Where the sheet of all pictures is written, JPEG. */
  readonly sheet: string
}

/** What it answers, on its standard output. */
export interface PicturesMade {
  readonly poster: Size
  readonly layout: SheetLayout
  /** Indices of the sources that have a place on the sheet, in its order; the others hold no picture. */
  readonly tiles: readonly number[]
}

/** What it answers instead when it can't: `PICTURES_UNAVAILABLE` where FFmpeg doesn't run, `PICTURES_NONE`, or FFmpeg's own. */
export interface PicturesFailed {
  readonly error_code: string
}
