import { deviceName } from '../../texts/device-name'
import type { Device, ListedSession, Session } from '../session-types'
import type { StoredSession } from './session-row'

/** The part of a session that a request acts on. */
export const publicPart = ({
  sid,
  createdAt,
  expiresAt,
  isRemembered,
  amr,
  authTime,
  provedAt,
}: StoredSession): Session => ({
  sid,
  createdAt,
  expiresAt,
  isRemembered,
  amr,
  authTime,
  provedAt,
})

/** The part of a session that lists and the user's export show. */
export const listedPart = (session: StoredSession): ListedSession => ({
  ...publicPart(session),
  lastUsedAt: session.lastUsedAt,
  ip: session.ip,
  country: session.country,
  userAgent: session.userAgent,
})

/**
 * Equal for sign-ins that count as the same device: browser, operating system and country. Not their
 * versions, so that an update does not make a new device, nor the IP address, which changes all day.
 */
export const deviceKey = (device: Device): string =>
  `${deviceName(device.userAgent)} | ${device.country ?? ''}`
