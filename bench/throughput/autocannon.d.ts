/** The part of autocannon that is used here. */
declare module 'autocannon' {
  export interface Request {
    method?: string
    path?: string
    headers?: Record<string, string>
    body?: string
  }
  interface Client {
    setRequests(requests: Request[]): void
  }
  interface Result {
    duration: number
    '2xx': number
    non2xx: number
    errors: number
    requests: { total: number }
    latency: { p50: number; p99: number; average: number }
  }
  interface Options {
    url: string
    connections: number
    duration?: number
    amount?: number
    requests: Request[]
    setupClient?: (client: Client) => void
  }
  export default function autocannon(options: Options): Promise<Result>
}
