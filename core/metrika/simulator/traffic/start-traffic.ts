import type { Simulation } from "../simulation.ts";
import { createTraffic, type Traffic, type TrafficSeed } from "./traffic.ts";

/** Gives a counter its visitors; throws where there is no such counter. */
export function startTraffic(seed: TrafficSeed, { world, visits, now }: Simulation): Traffic {
  const counter = world.counters.get(seed.counterId);
  if (counter === undefined) throw new Error(`There is no counter ${seed.counterId}: add it before its visitors`);
  const traffic = createTraffic(seed, {
    timeZoneName: counter.timeZoneName,
    site: counter.site,
    goals: () => counter.goals.flatMap(({ conditions }) => conditions.map(({ url }) => url)),
    now: now(),
  });
  visits.addTraffic(traffic);
  return traffic;
}
