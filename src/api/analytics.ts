import * as z from 'zod'
import { MAX_DAYS } from '../analytics/days'
import { DailyRegistrations, registrationStats } from '../analytics/registration-stats'
import { DailySignIns, signInStats } from '../analytics/sign-in-stats'
import { UserStats, userStats } from '../analytics/user-stats'
import { route } from '../http/route'
import { wholeNumber } from '../http/whole-number'

const TAG = 'Analytics'
const ACCESS = { permission: 'admin:users' } as const

const LastDays = () => z.strictObject({ days: wholeNumber({ min: 1, max: MAX_DAYS }).default(30) })

const stats = route(
  {
    method: 'get',
    path: '/api/v1/admin/stats',
    access: ACCESS,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get statistics of the whole service',
      description:
        'The numbers are exact. Active users are counted over whole days (UTC), up to and including today.',
      answers: { 200: { description: 'The current statistics', schema: UserStats } },
    },
  },
  async ({ deps }) => ({ status: 200, body: await userStats(deps) }),
)

const signIns = route(
  {
    method: 'get',
    path: '/api/v1/admin/stats/logins',
    access: ACCESS,
    query: LastDays,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get the number of sign-ins per day',
      answers: {
        200: {
          description: 'One row per day (UTC), oldest first',
          schema: z.lazy(() => z.array(DailySignIns)),
        },
      },
    },
  },
  async ({ deps, query }) => ({ status: 200, body: await signInStats(deps, query.days) }),
)

const registrations = route(
  {
    method: 'get',
    path: '/api/v1/admin/stats/registrations',
    access: ACCESS,
    query: LastDays,
    docs: __DOCS__ && {
      tag: TAG,
      summary: 'Get the number of new accounts per day',
      description:
        'Counts all new accounts, however they were created. Accounts that have since been erased are included.',
      answers: {
        200: {
          description: 'One row per day (UTC), oldest first',
          schema: z.lazy(() => z.array(DailyRegistrations)),
        },
      },
    },
  },
  async ({ deps, query }) => ({ status: 200, body: await registrationStats(deps, query.days) }),
)

export const analyticsRoutes = [stats, signIns, registrations]
