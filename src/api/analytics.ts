import * as z from 'zod'
import { route } from '../http/route'
import { wholeNumber } from '../http/whole-number'
import { MAX_DAYS } from '../analytics/days'
import { DailyLogins, loginStats } from '../analytics/sign-in-stats'
import { DailyRegistrations, registrationStats } from '../analytics/registration-stats'
import { UserStats, userStats } from '../analytics/user-stats'

const TAG = 'Analytics'
const ACCESS = { permission: 'admin:users' } as const

const LastDays = z.strictObject({ days: wholeNumber({ min: 1, max: MAX_DAYS }).default(30) })

const stats = route(
  {
    method: 'get',
    path: '/api/v1/admin/stats',
    tag: TAG,
    summary: 'Figures of the whole service',
    description: 'Exact. Actives are by whole days (UTC) that end with today.',
    access: ACCESS,
    answers: { 200: { description: 'As of now', schema: UserStats } },
  },
  async ({ deps }) => ({ status: 200, body: await userStats(deps) }),
)

const logins = route(
  {
    method: 'get',
    path: '/api/v1/admin/stats/logins',
    tag: TAG,
    summary: 'Sign-ins day by day',
    access: ACCESS,
    query: LastDays,
    answers: {
      200: {
        description: 'One row a day (UTC), the oldest first',
        schema: z.lazy(() => z.array(DailyLogins)),
      },
    },
  },
  async ({ deps, query }) => ({ status: 200, body: await loginStats(deps, query.days) }),
)

const registrations = route(
  {
    method: 'get',
    path: '/api/v1/admin/stats/registrations',
    tag: TAG,
    summary: 'New accounts day by day',
    description: 'However they were made; accounts that were erased since are counted too.',
    access: ACCESS,
    query: LastDays,
    answers: {
      200: {
        description: 'One row a day (UTC), the oldest first',
        schema: z.lazy(() => z.array(DailyRegistrations)),
      },
    },
  },
  async ({ deps, query }) => ({ status: 200, body: await registrationStats(deps, query.days) }),
)

export const analyticsRoutes = [stats, logins, registrations]
