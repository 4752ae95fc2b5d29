/** The headers in which a server names the client that it acts for. */
export const FORWARDING_HEADERS = {
  key: 'Gatehouse-Api-Key',
  ip: 'Gatehouse-Client-Ip',
  userAgent: 'Gatehouse-Client-User-Agent',
  country: 'Gatehouse-Client-Country',
} as const

/** The API and not the pages, which browsers call themselves. */
export const takesForwardedClient = (path: string): boolean => path.startsWith('/api/v1/')
