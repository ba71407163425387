import type { ConsentSeed } from "./consent.ts";
import type { Faults } from "./faults.ts";
import type { Application, ApplicationSeed } from "./grants.ts";
import type { Ledger } from "./ledger.ts";
import type { RequestCounts } from "./requests.ts";
import type { ServedSimulator, ServeOptions } from "./serve.ts";
import type { SimulatorSettings } from "./settings.ts";
import type { Traffic, TrafficSeed } from "./traffic/traffic.ts";
import type { Visit } from "./visit.ts";
import type { Counter, CounterSeed, Goal, GoalSeed, Scope, TokenSeed } from "./world.ts";

/** Metrika and Yandex ID on this machine: importable as a fetch, servable over HTTP. */
export interface MetrikaSimulator {
  /** Answers in process; rejects with a TypeError like Bun's where a fault cuts the connection. Any host will do. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Answers over HTTP, where a cut connection is really cut, and carries the control surface `/_simulator/`. */
  serve(options?: ServeOptions): Promise<ServedSimulator>;
  /** What falls due by now is processed when this is read. */
  readonly ledger: Ledger;
  readonly faults: Faults;
  /** May be changed at any time. */
  readonly settings: SimulatorSettings;
  readonly requests: RequestCounts;
  /** Requests that have not been answered yet. */
  readonly openRequests: number;
  now(): number;
  /** Moves the simulator's time on. */
  advance(ms: number): void;
  addToken(token: string, owner: TokenSeed): void;
  /** The token is unknown from now on, and so is its refresh token, as after a person has taken access back. */
  killToken(token: string): void;
  /** Adds a person who may consent; whoever has a token, a counter or a right to one is there already. */
  addLogin(login: string): void;
  /** Registers an application with Yandex OAuth, or registers it anew; its tokens stay. */
  addApplication(application: ApplicationSeed): Application;
  /**
   * Does what a person would do on the consent page, and returns the address that the browser is sent to.
   * Throws where the page would show an error and send nobody anywhere.
   */
  consent(seed: ConsentSeed): string;
  /** Registers an application with other rights, which ends all its tokens. */
  changeApplicationRights(clientId: string, scopes: readonly Scope[]): void;
  /** Ends all tokens of a login, as a changed password does. */
  changePassword(login: string): void;
  addCounter(seed: CounterSeed): Counter;
  addGoal(counterId: number, goal: GoalSeed | string): Goal;
  addVisit(counterId: number, visit: Visit): void;
  /**
   * Gives a counter visitors: their visits appear in reports and logs, and uploaded conversions are linked to them. What
   * comes back knows the hidden truth about them. Visits added one by one stay, an earlier traffic of the counter goes.
   */
  traffic(seed: TrafficSeed): Traffic;
  /** Gives one uploading its own walk through the statuses. */
  scriptStatus(uploadingId: string, script: SimulatorSettings["statusScript"]): void;
  /** Cuts open requests and goes back to the state after creation; `ledger`, `faults`, `settings` are new objects. */
  reset(): void;
}
