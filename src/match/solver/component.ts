/** An entry or an open item, as the solver sees it. */
export interface SolverNode {
  /** Total order, unique among the nodes of its side; nothing else decides a tie. */
  readonly key: string;
  /** Signed minor units. */
  readonly amountMinor: bigint;
  /** Nodes of one side with equal sameness are alike in all that a person would compare. */
  readonly sameness: string;
}

/** That a left and a right may go together, by their places in the component. */
export interface SolverEdge {
  readonly left: number;
  readonly right: number;
  /** Orders suggestions only, compared to the millionth; smaller is nearer. Never decides a certificate. */
  readonly distance: number;
}

/** What is decided at once: nodes of two sides and the candidate edges between them. */
export interface Component {
  readonly lefts: readonly SolverNode[];
  readonly rights: readonly SolverNode[];
  readonly edges: readonly SolverEdge[];
}

export type Cardinality = '1:1' | '1:N' | 'N:1' | 'N:M';

/** What a group may be, and how long it is searched. */
export interface SolveOptions {
  readonly cardinality: Cardinality;
  /**
   * A group balances when `-underMinor <= sum(lefts) - sum(rights) <= overMinor`, mirrored when its rights sum to less than
   * zero: under is the left side showing less. With '1:1' it is not looked at: those edges have been tested.
   */
  readonly underMinor: bigint;
  readonly overMinor: bigint;
  /** Most nodes of the many side of a group; with 'N:M' of each side. */
  readonly maxItems: number;
  /** Search nodes before BUDGET_EXHAUSTED. */
  readonly budgetNodes: number;
}

/** How sure a decision is; only the first two may post by themselves. */
export type Certificate = 'UNIQUE' | 'EQUIVALENT' | 'AMBIGUOUS' | 'INFEASIBLE' | 'BUDGET_EXHAUSTED';

/** Nodes that go together, by their places in the component, in the order of their keys. */
export interface Group {
  readonly lefts: readonly number[];
  readonly rights: readonly number[];
}

/** What is proved about some nodes of a component. The decisions of a component cover each of its nodes once. */
export interface Decision {
  readonly certificate: Certificate;
  /**
   * UNIQUE: 1. EQUIVALENT: how many solutions differ only in interchangeable nodes, at least 2. AMBIGUOUS: how many
   * materially different solutions were found, at least 2. Else 0. Each is a lower bound at its cap.
   */
  readonly alternatives: number;
  /** Of UNIQUE and EQUIVALENT the answer; of AMBIGUOUS the nearest proposal; else empty. */
  readonly groups: readonly Group[];
  /** Every node this decision covers, grouped or not. */
  readonly lefts: readonly number[];
  readonly rights: readonly number[];
  /** Search nodes used. */
  readonly nodes: number;
}

/** Materially different solutions are counted up to this. */
export const MOST_AMBIGUOUS = 1_000;

/** Solutions that differ only in interchangeable nodes are counted up to this. */
export const MOST_EQUIVALENT = 1_000_000_000;
