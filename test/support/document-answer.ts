/** What test/node/document-server.ts is to answer. */
export interface DocumentAnswer {
  status?: number
  headers?: Record<string, string>
  body?: string
  /** `hang`: no answer. `trickle`: a byte each half second. `endless`: 10 MB. `gzip`: the body, compressed. */
  how?: 'hang' | 'trickle' | 'endless' | 'gzip' | 'reset'
}
