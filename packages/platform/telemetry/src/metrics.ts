import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

/** What every metric has. */
export interface MetricOptions<L extends string = never> {
  /** `millrace_<area>_<what>_<unit>`; counters end in `_total`. */
  name: string
  help: string
  labels?: readonly L[]
}

/** A Prometheus registry of its own, and the makers of metrics that live in it. */
export interface Metrics {
  counter<L extends string = never>(options: MetricOptions<L>): Counter<L>
  /** A counter that is kept elsewhere: `read` gives the totals so far, at each scrape; they never fall. */
  total<L extends string = never>(
    options: MetricOptions<L>,
    read: () => Iterable<readonly [labels: Record<L, string>, total: number]>,
  ): void
  /** `collect` runs at each scrape and may set the gauge. */
  gauge<L extends string = never>(
    options: MetricOptions<L> & { collect?: (gauge: Gauge<L>) => void | Promise<void> },
  ): Gauge<L>
  /** `buckets`: upper bounds in the unit of the name. */
  histogram<L extends string = never>(options: MetricOptions<L> & { buckets: readonly number[] }): Histogram<L>
  /** The `Content-Type` of `render()`. */
  readonly contentType: string
  /** All metrics in the Prometheus text format. */
  render(): Promise<string>
}

/**
 * An empty registry; there is no global one, so two instances in one process don't mix.
 *
 * @param options.process also CPU, memory, event loop and garbage collection of this process, default true
 */
export function createMetrics(options: { process?: boolean } = {}): Metrics {
  const registry = new Registry()
  if (options.process ?? true) collectDefaultMetrics({ register: registry })
  const base = <L extends string>({ name, help, labels = [] }: MetricOptions<L>) => ({
    name,
    help,
    labelNames: labels,
    registers: [registry],
  })
  return {
    counter: (metric) => new Counter(base(metric)),
    total(metric, read) {
      new Counter({
        ...base(metric),
        collect() {
          this.reset()
          for (const [labels, value] of read()) this.inc(labels, value)
        },
      })
    },
    gauge({ collect, ...metric }) {
      return new Gauge({
        ...base(metric),
        ...(collect && {
          collect() {
            return collect(this)
          },
        }),
      })
    },
    histogram: ({ buckets, ...metric }) => new Histogram({ ...base(metric), buckets: [...buckets] }),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  }
}
