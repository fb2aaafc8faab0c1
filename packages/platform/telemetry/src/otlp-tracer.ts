import { errorCode, type Scope } from '@millrace/core'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

import { activeTraceparent, withTraceparent, type Tracer } from './tracing.ts'

const EXPORT_EVERY_MS = 1000
const EXPORT_TIMEOUT_MS = 5000

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const

/** The tracer of `openTracer`, on OpenTelemetry. */
export function openOtlpTracer(scope: Scope, service: string, endpoint: string): Tracer {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: EXPORT_EVERY_MS })],
  })
  scope.defer(() => provider.shutdown())
  const tracer = provider.getTracer('millrace')
  return {
    async run(name, { kind, parent = activeTraceparent(), attributes = {} }, work) {
      const span = tracer.startSpan(name, { kind: KINDS[kind], attributes: { ...attributes } }, contextOf(parent))
      const { traceId, spanId, traceFlags } = span.spanContext()
      const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
      try {
        return await withTraceparent(traceparent, () =>
          work({ name: (text) => void span.updateName(text), set: (more) => void span.setAttributes({ ...more }) }),
        )
      } catch (error) {
        // the code alone: a message may quote what somebody sent
        span.setStatus({ code: SpanStatusCode.ERROR, message: errorCode(error) })
        throw error
      } finally {
        span.end()
      }
    },
  }
}

function contextOf(traceparent: string | undefined): Context {
  if (traceparent === undefined) return ROOT_CONTEXT
  const [, traceId = '', spanId = '', flags = '00'] = traceparent.split('-')
  const traceFlags = Number.parseInt(flags, 16)
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}
