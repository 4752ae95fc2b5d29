/** The OpenAPI document as the service itself hands it out. */
import { startLocalService } from './local-service.ts'

/** Starts the service, asks for /openapi.json and stops it again. */
export async function servedDocument(): Promise<Record<string, unknown>> {
  const { base, stop } = await startLocalService()
  try {
    const response = await fetch(`${base}/openapi.json`)
    if (!response.ok) throw new Error(`/openapi.json answered ${response.status}`)
    return (await response.json()) as Record<string, unknown>
  } finally {
    await stop()
  }
}
