/** What a request costs in D1. */
export interface Figures {
  calls: number
  rows_read: number
  rows_written: number
  d1_ms: number
}

export interface Cost extends Figures {
  status: number
  /** Until the answer, without what queues and schedules do behind it. */
  answer_calls: number
  answer_rows_read: number
  ms: number
}

/** Who asks: over HTTP in the benchmark, inside the runtime in test/rows.test.ts. */
export interface Asker {
  call(method: string, path: string, body?: unknown, token?: string): Promise<Response>
  /** What a request costs, with all that it sets in motion. */
  cost(ask: () => Promise<Response>): Promise<{ cost: Cost; text: string }>
  /** The token in the mail with a link to this page that was sent last. */
  mailedToken(page: string): Promise<string>
}
