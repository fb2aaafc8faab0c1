import { z } from 'zod'

import { cidrSchema } from '../common.ts'
import { originSchema } from '../playback-policy.ts'

/** What a rule is about. */
const ruleActionSchema = z.enum(['publish', 'play', 'all'])

/**
 * Allows or denies addresses. As in SRS's `security`: an address that a deny rule matches is refused whatever else says; where
 * there are allow rules for the action, one must match.
 */
export const ipRuleSchema = z.strictObject({
  effect: z.enum(['allow', 'deny']),
  action: ruleActionSchema,
  /** Or `all`. */
  network: z.union([z.literal('all'), cidrSchema]),
})
export type IpRule = z.infer<typeof ipRuleSchema>

/** A host name of a page; its subdomains count too. */
const referDomainSchema = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'must be a host name in lower case')

const referDomainsSchema = z.array(referDomainSchema).max(100).default([])

/** Pages that may publish and play, by their host name; an empty list asks for nothing. As in SRS's `refer`. */
export const referRulesSchema = z.strictObject({
  publish: referDomainsSchema,
  play: referDomainsSchema,
  /** For both, and must hold as well. */
  all: referDomainsSchema,
})
export type ReferRules = z.infer<typeof referRulesSchema>

/** Web origins that may read the media from a browser; null for all. */
export const corsOriginsSchema = z.array(originSchema).max(50).nullable()

/** Longest and usual time for a hook to answer, milliseconds. */
export const HOOK_DEADLINE_MS = { max: 5000, default: 2000 } as const

export const hookEventSchema = z.enum(['publish', 'play', 'connect'])
export type HookEvent = z.infer<typeof hookEventSchema>

/** A server of the user's that decides about publishers and players of a vhost. */
export const admissionHookSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .refine((url) => URL.canParse(url) && new URL(url).username === '' && new URL(url).password === '', {
      message: 'must have no user name or password',
    }),
  /** What it is asked for; `connect` is asked before the others, for RTMP. */
  events: z.array(hookEventSchema).min(1).max(3).default(['publish', 'play']),
  deadline_ms: z.int().min(100).max(HOOK_DEADLINE_MS.max).default(HOOK_DEADLINE_MS.default),
  /** How long an answer is used again for the same client and request. */
  cache_ttl_s: z.int().min(0).max(86_400).default(0),
  /** What counts when it gives no usable answer. `last_answer`: what it last said to the same request, else no. */
  on_error: z
    .strictObject({
      publish: z.enum(['deny', 'allow']).default('deny'),
      play: z.enum(['last_answer', 'deny', 'allow']).default('last_answer'),
    })
    .default({ publish: 'deny', play: 'last_answer' }),
})
export type AdmissionHook = z.infer<typeof admissionHookSchema>
