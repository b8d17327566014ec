import {
  assignable,
  type Bindings,
  type CelType,
  dyn,
  int,
  moreGeneral,
  parameter,
  substitute,
} from './cel-type.ts';
import type { Overload } from './declarations.ts';

/** What the type parameters of one expression have come to stand for. */
export class Unifier {
  #bindings: Bindings = new Map();
  #made = 0;

  /** @param free what parameters without a binding become; undefined: they stay */
  of(type: CelType, free?: CelType): CelType {
    return substitute(this.#bindings, type, free);
  }

  /** Whether these may stand where those are asked for; then they are taken to. */
  fits(given: readonly CelType[], wanted: readonly CelType[]): boolean {
    const bindings = assignable(this.#bindings, given, wanted);
    if (bindings === undefined) return false;
    this.#bindings = bindings;
    return true;
  }

  /** Mixed ones are dyn here; whether they may be mixed is looked at later (validators.ts). */
  joined(before: CelType | undefined, type: CelType): CelType {
    if (before === undefined) return type;
    return this.fits([before], [type]) ? moreGeneral(before, type) : dyn;
  }

  parameter(): CelType {
    return parameter(`_var${this.#made++}`);
  }

  /** Type parameters of each use of an overload are its own. */
  fresh(overload: Overload): Pick<Overload, 'takes' | 'gives'> {
    if (overload.parameters.length === 0) return overload;
    const own = new Map(overload.parameters.map((name) => [name, this.parameter()]));
    return {
      takes: overload.takes.map((type) => substitute(own, type)),
      gives: substitute(own, overload.gives),
    };
  }

  /** Types of what a loop gives names to; undefined: nothing that can be looped over. */
  elements(over: CelType, two: boolean): [CelType, CelType] | undefined {
    const [first, value] = over.parameters as [CelType, CelType];
    switch (over.kind) {
      case 'list':
        return two ? [int, first] : [first, first];
      case 'map':
        return [first, value];
      case 'dyn':
      case 'error':
      case 'parameter':
        this.fits([dyn], [over]);
        return [dyn, dyn];
      default:
        return undefined;
    }
  }
}
