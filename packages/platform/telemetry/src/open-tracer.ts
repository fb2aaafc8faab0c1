import type { Scope } from '@millrace/core'

import { passingTracer, type Tracer } from './tracing.ts'

/**
 * A tracer that sends spans to `OTEL_EXPORTER_OTLP_ENDPOINT` by OTLP over HTTP, and the rest of them when `scope` closes;
 * without that variable OpenTelemetry isn't even loaded.
 *
 * @param service `service.name` of the spans
 */
export async function openTracer(scope: Scope, service: string): Promise<Tracer> {
  const endpoint = process.env['OTEL_EXPORTER_OTLP_ENDPOINT']
  if (!endpoint) return passingTracer
  const { openOtlpTracer } = await import('./otlp-tracer.ts')
  return openOtlpTracer(scope, service, endpoint)
}
