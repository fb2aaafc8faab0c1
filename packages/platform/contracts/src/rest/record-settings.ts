import { z } from 'zod'

import { SEGMENT_S } from '../archive.ts'
import { idSchema } from '../common.ts'
import { PATH_VARIABLE_NAMES } from '../object-names.ts'

/** What is kept: segments alone, or also one file that is made of them in the end. */
export const recordFormatSchema = z.enum(['fmp4', 'ts', 'mp4', 'flv'])
export type RecordFormat = z.infer<typeof recordFormatSchema>

/** `automatic`: every broadcast. `manual`: from `POST /v1/streams/{id}/recordings` on. */
export const recordModeSchema = z.enum(['off', 'automatic', 'manual'])
export type RecordMode = z.infer<typeof recordModeSchema>

/**
 * SRS's dvr plans. `session`: one recording per broadcast, over reconnects. `segment`: a new one each `split_s`.
 * `append`: one for all broadcasts.
 */
export const recordPlanSchema = z.enum(['session', 'segment', 'append'])
export type RecordPlan = z.infer<typeof recordPlanSchema>

/** Longest time that recordings are kept when it is limited, days. */
const MAX_RETENTION_DAYS = 36_500

/** How long a recording is kept after its end, days; null for ever. */
export const retentionDaysSchema = z.int().min(1).max(MAX_RETENTION_DAYS).nullable()

/** Name of a file, with SRS's variables in brackets. */
const pathTemplateSchema = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[\w\-.[\]/+=@,()]+$/, 'must be a path of letters, digits, - _ . + = @ , ( ) and variables in brackets')
  .refine((path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'), {
    message: 'must have no empty, "." or ".." segment',
  })
  .refine((path) => [...path.matchAll(/\[([^[\]]*)\]/g)].every(([, name]) => PATH_VARIABLE_NAMES.includes(name!)), {
    message: `knows these variables: ${PATH_VARIABLE_NAMES.map((name) => `[${name}]`).join(' ')}`,
  })
  .refine((path) => !/[[\]]/.test(path.replaceAll(/\[[^[\]]*\]/g, '')), { message: 'must have brackets in pairs' })

/** How broadcasts are recorded. */
export const recordSettingsSchema = z
  .strictObject({
    mode: recordModeSchema,
    /** `mp4`, `flv`: segments are fMP4, and one such file is made in the end. */
    format: recordFormatSchema.default('fmp4'),
    /** Length of segments, seconds; they are cut at the next key frame. */
    segment_s: z.int().min(SEGMENT_S.min).max(SEGMENT_S.max).default(SEGMENT_S.default),
    retention_days: retentionDaysSchema.default(null),
    /** Null for the default storage of the project. */
    storage_id: idSchema('storage').nullable().default(null),
    plan: recordPlanSchema.default('session'),
    /** Length of recordings with the plan `segment`, seconds. */
    split_s: z.int().min(10).max(86_400).nullable().default(null),
    /** Name of the mp4 or flv file below `files/` of the storage, with `dvr_path`'s variables; null for one by the recording's id. */
    path: pathTemplateSchema.nullable().default(null),
  })
  .refine(({ plan, split_s: splitS }) => plan !== 'segment' || splitS !== null, {
    path: ['split_s'],
    message: 'must be given with the plan "segment"',
  })
export type RecordSettings = z.infer<typeof recordSettingsSchema>

/** Longest that a stream can be rewound, seconds. */
const MAX_DVR_WINDOW_S = 2_592_000

/** How far back a stream can be rewound though nothing is recorded, seconds; 0 for not at all. */
export const dvrWindowSchema = z.int().min(0).max(MAX_DVR_WINDOW_S)

/** How much the live playlist in the storage holds, seconds. */
export const liveWindowSchema = z.int().min(10).max(3600)
