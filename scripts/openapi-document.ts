/** Returns the OpenAPI document as the service serves it. */
import { startLocalService } from './local-service.ts'

/** Starts the service, requests /openapi.json, and stops the service again. */
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
